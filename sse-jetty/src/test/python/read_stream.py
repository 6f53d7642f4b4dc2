"""Reads a stream with one of Python's clients, and prints each id as soon as it has come.

usage: read_stream.py CLIENT URL, where CLIENT is one of those below.
"""

import sys


def with_http_client(url):
    """The standard library's, which keeps connections."""
    import http.client
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    connection.request("GET", parts.path)
    response = connection.getresponse()
    while True:
        piece = response.read1(65_536)
        if not piece:
            return
        yield piece


def with_urllib_request(url):
    """The standard library's, which says that it closes its connections."""
    from urllib.request import urlopen

    with urlopen(url, timeout=20) as response:
        yield from response


def with_urllib3(url):
    import urllib3

    response = urllib3.PoolManager().request("GET", url, preload_content=False, timeout=20)
    yield from response.stream(512)


def with_requests(url):
    import requests

    with requests.get(url, stream=True, timeout=20) as response:
        for line in response.iter_lines():
            yield line + b"\n"


def main():
    client, url = sys.argv[1:]
    text = b""
    for piece in globals()["with_" + client](url):
        text += piece
        *lines, text = text.split(b"\n")
        for line in lines:
            if line.startswith(b"id: "):
                print(line[4:].decode(), flush=True)
    print("end", flush=True)


main()
