"""The payout ledger: what each marketplace place pays, by the quote it was booked at; final 48 hours after class.

owed         what is owed for one place, from its quote and what became of it (pure)
lines        the ledger's lines: appended, never changed; a later change is a line of its own (pure)
change       why payouts differ between two periods: volume, mix, rate, trials (pure)
amounts      amounts as people write them into a file (pure)
reading      a payout statement in a file, read robustly (pure)
comparing    the statement against the ledger: each line in exactly one class (pure)
causes       why a line of theirs differs from ours, in plain words (pure)
quotes       what a reservation was booked at: the one place that knows
shares       the franchisor's share, with the days from which it holds
mirrored     what is owed for what the mirror holds
due          the classes that have to be looked at
ledger       appends what has settled
view         a period as it is shown: final and provisional
statements   statements that were uploaded, and what came of comparing them
days         the period that is shown, and the one before (pure)
sums         places added up; the change between two periods
telling      all this as plain values for JSON
exports      a period for a spreadsheet
command      ``adapter payouts``
"""
