"""The marketplaces' side: credits, products, what is on offer, and the channel that sells it.

credits, products, cancelling     pure: what a class costs there, what a reservation is sold as, early or late
offering, feed                    what of a session is on offer right now, the one function behind all outlets; its changes
sellers, quoting                  who sells, on which terms; what a guest is told
holding, booking, reserving       a reservation: the place held, the platform asked, the answer written down
ledger, messages, sold            what the platform says of it later, what the marketplace is told, what the studio is shown
openactive, actions_center, …     the same offer for others: publishing, activities, agreeing
spotlight, campaigns              paid placement, and what it brought
payouts/                          what is owed for it
"""
