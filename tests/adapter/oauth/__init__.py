"""OAuth as a client: the 26 duties, each a test whose name carries its number.

| duty | where |
| --- | --- |
| 1 state long, single use, short-lived, bound to browser and studio | test_begin, test_callback, test_pages |
| 2 state single use, under concurrency too | test_callback, test_pages (two tabs) |
| 3 state missing, changed, expired, another user's | test_callback, test_pages |
| 4 PKCE S256, fresh; a stolen code | test_begin; test_live at a server that checks it |
| 5 iss exact; absent though promised; twice | test_callback, test_live (a server that sends none) |
| 6 issuer, endpoints and client kept per flow; another callback | test_callback, test_tokens |
| 7 metadata: issuer, path form, https, another host | test_begin, test_pages |
| 8 redirect URI fixed | test_pages; test_callback (the same at both endpoints) |
| 9 no open redirect | test_pages |
| 10 error callback | test_callback, test_pages, test_live |
| 11 code and error, parameters twice | test_callback |
| 12 the code goes once, whatever comes back | test_exchange, test_live |
| 13 the token answer is checked | test_exchange |
| 14 client authentication, no secret in an address | test_begin, test_exchange |
| 15 one refresh at a time across processes | test_tokens (both databases), test_live (kill -9) |
| 16 stored before used; a failed commit | test_tokens, test_live |
| 17 a lost refresh answer | test_tokens, test_live |
| 18 refresh early; once on 401; never in a loop | test_tokens, test_opening, test_live |
| 19 failures sorted | test_tokens, test_disconnect, test_live |
| 20 idle connections used daily | test_tokens |
| 21 disconnect: erase, revoke, idempotent | test_disconnect, test_live (introspection) |
| 22 reconnect as another account | test_exchange |
| 23 sealed, bound to the row, keys rotate | test_secrets |
| 24 no redirect with a token | test_opening |
| 25 nothing secret anywhere | test_secrets, test_pages |
| 26 least scopes; not framed | test_begin, test_pages |

Not shown here: a key missing at the start (23) is the configuration's; the 30 days (20) pass on a clock set by hand;
the platform's own consent page and its framing (26) are the platform's.
"""
