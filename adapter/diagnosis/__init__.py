"""Why a studio's schedule does not sync: every link of the chain is looked at, and the one cause is named first (J3).

facts     what is known of a connection at an instant, as plain values
steps     one finding for each link: well, not well, or not known; with evidence, and what to do
cause     the finding that explains the others
summary   the same for the customer: nothing that is not theirs to read
gathering the facts, from the tables
"""
