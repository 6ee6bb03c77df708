"""The rows of rooms: tables, transactions, queries; SQLite and PostgreSQL alike."""
