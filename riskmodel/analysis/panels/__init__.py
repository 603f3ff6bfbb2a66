"""Tables with a row for each unit, and possibly each time: ranks, changes, two models, and means by group."""
