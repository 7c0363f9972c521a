"""The page at ``/`` and what belongs to it: signing in, looking, deciding. `table` lists its routes."""
