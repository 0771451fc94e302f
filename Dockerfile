FROM python:3.11.14-slim-bookworm
RUN useradd --create-home countermand
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY detectors detectors
COPY streams streams
COPY policies policies
RUN pip install --no-cache-dir -c constraints.txt .
USER countermand
WORKDIR /home/countermand
ENTRYPOINT ["countermand"]
