from sql_engines import engine

__all__ = ["engine"]
