"""A week in the life of many studios, with everything going wrong: nothing may be lost, nothing doubled.

clock      simulated time, in a file that every process reads
platform   the booking platform: one process, many small studios whose markets live on
worker     an adapter process: the job engine, and the web server where events arrive; killed at random
adapter    the settings of all of them; how studios connect, say what they must, and are compared in the end
chaos      what goes wrong, drawn from a seed
week       the soak itself: rounds, the settling at the end, the report
"""
