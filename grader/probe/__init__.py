"""Address and request → Exchange, inside budgets of time and bytes; nothing that a server sends is trusted.

    client.Client         sends a request, follows redirects, keeps cookies
    browser, cookies      the headers that a browser sends, and the cookies that it keeps
    redirects, target     where the next request of a chain goes, and how a path is written on the wire
    transport, received   one prepared request over one wire: `requests`, made strict; and what came of it
    wire                  the socket, with its deadline and its budget
    coding                gzip and deflate, bounded
    failure               why there is no usable answer
    curl                  the command that reproduces a request

`client` imports `requests`, which takes over 100 ms: import it late.
"""
