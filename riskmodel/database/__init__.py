"""Queries of databases as tables that are read, and tables of databases as outputs: PostgreSQL, DuckDB and SQLite."""
