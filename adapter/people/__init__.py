"""People: how they are let in, what they sign in with, and what they may do where.

invitations  a link that gives somebody a role, once
members      who has which role at a studio; one owner always remains
challenges   what has to come back from the browser that it was given to: once, and soon
passkeys     a key on somebody's own device (WebAuthn)
passwords    a password, and the second factor without which it opens nothing
staff        our own people, by the word of an identity provider (OpenID Connect)

Knows tables and keys. Knows no HTTP but that of the identity provider; what a browser keeps is up to ``adapter.web``.
"""
