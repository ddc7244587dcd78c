"""How a studio's account at a platform is connected, kept open and let go. Read in this order:

registration  who we are at a platform: client, endpoints, redirect URI, from the settings
flows         a connect that has begun: single use, short life, bound to a browser and a studio
connect       begin and finish: out to the platform's consent page and back
redeem        the code is turned into tokens, once
site_check    which account is it, and may this login read it?
linking       the connection's row is made, or the old one opened again
tokens        a fresh access token, one refresh at a time across processes
token_row     the tokens in their row: sealed, leased, marked as ended
account       a platform opened for one account with a token that is given
opening       a platform opened for one connection: what pulling and pushing are given
login         the other way in: with a staff login from the settings, where a platform takes one
disconnect    erased here at once, revoked over there as soon as it answers
"""
