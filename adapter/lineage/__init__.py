"""Any number of a page opens into the records it is the sum of, down to the platform's own (N-11).

numbers   the registry: every number that is offered, and the question for its leaves
places, money, counts   the questions
records   one record: what was kept of the platform's own, and its hash
"""
