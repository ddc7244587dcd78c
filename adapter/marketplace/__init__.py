"""The marketplaces' side: credits, products, what is on offer, and the channel that sells it.

credits, products, cancelling   pure: what a class costs there, what a reservation is sold as, early or late
offering, feed                  what of a session is on offer right now, the one function behind all outlets; changes
sellers, quoting                who sells, on which terms; what a guest is told
holding, booking, reserving     a reservation: the place held, the platform asked, the answer written down
ledger, messages, sold          what the platform says of it later, what its marketplace is told, what a page shows
payouts                         the ledger of what each place pays; compared with a statement, its change split
campaigns, spotlight            paid placement, and what it brought beyond comparable weeks
agreeing, publishing            what a studio agreed to publish, and what of it is on offer
openactive, actions_center      pure: the same in the words of others
"""
