"""What people look at and are woken by: Grafana, Prometheus rules, Alertmanager. Generated from Python, committed."""
