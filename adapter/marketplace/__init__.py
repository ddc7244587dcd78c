"""The marketplaces' side: credits, products, what is on offer, and the channel that sells it.

credits, products, cancelling   pure: what a class costs there, what a reservation is sold as, early or late
offering                        what of a session is on offer right now: the one function behind feed, quotes and pages
payouts                         the ledger of what each place pays; compared with a statement, its change split
"""
