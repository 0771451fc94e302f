"""What people write to each other in the simulated world, by language."""

# ruff: noqa: RUF001 - the punctuation of Chinese and Japanese is what their writers use

PUSH = {
    "en": "Sorry, this item is out of stock. Please cancel the order on your side.",
    "de": "Der Artikel ist leider ausverkauft. Bitte stornieren Sie die Bestellung.",
    "fr": "Cet article est en rupture de stock. Veuillez annuler la commande, s'il vous plaît.",
    "es": "Lo sentimos, no queda stock. Por favor, cancele el pedido.",
    "it": "Purtroppo l'articolo è esaurito. Per favore, annulli l'ordine.",
    "ja": "申し訳ございません、在庫切れです。お客様のほうでご注文をキャンセルしてください。",
    "zh": "亲，这款没货了，麻烦您取消一下订单。",
}
ASK = {
    "en": "Hello, I ordered the wrong size. Can I cancel my order?",
    "de": "Hallo, ich habe die falsche Größe bestellt. Kann ich meine Bestellung stornieren?",
    "es": "Hola, me equivoqué de talla. ¿Puedo cancelar mi pedido?",
}
EXPLAIN = {
    "en": "Of course. Please cancel the order in the app under My orders, and we approve it at once.",
    "de": "Natürlich. Bitte stornieren Sie die Bestellung in der App, wir stimmen sofort zu.",
    "es": "Claro. Por favor, cancele el pedido en la aplicación y lo aprobamos enseguida.",
}
KEEP = {
    "en": "Please do not cancel, your parcel is packed and leaves today.",
    "fr": "Merci de ne pas annuler, votre colis part aujourd'hui.",
    "ja": "本日発送しますので、キャンセルしないでください。",
}
SMALL_TALK = {
    "en": "Thank you, when will it arrive?",
    "de": "Danke, wann kommt es an?",
    "fr": "Merci, quand est-ce que ça arrive ?",
    "es": "Gracias, ¿cuándo llega?",
    "it": "Grazie, quando arriva?",
    "ja": "ありがとうございます。いつ届きますか。",
    "zh": "谢谢，什么时候到？",
    "th": "ขอบคุณค่ะ ของจะถึงเมื่อไหร่คะ",
}


def said(lines: dict[str, str], locale: str) -> str:
    """The line in the language of the locale, else in English."""
    return lines.get(locale.split("-", maxsplit=1)[0], lines["en"])
