"""What SmartTools would have forecast and listed on a studio's own past, before it is switched on.

history  an exported class history, read from CSV
facts    that history as the tables that SmartTools takes
walk     the walk forward through the weeks, never looking ahead, beside naive forecasts
outcome  what those listings would have brought, and the classes at which they would have hurt
command  ``adapter backtest``
"""
