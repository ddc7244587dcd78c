"""The fault matrix: each entry of the fault list, one way in which a mirror goes wrong in the field, and its proof.

Arrange a living studio, let the fault happen at the platform, on the wire, in the database or on our clock, let the
road work, and compare the mirror with the platform's own books, record by record and field by field. What is proven
elsewhere is not proven twice: docs/faults.md says for each entry where.
"""
