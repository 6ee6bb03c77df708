"""Load: viewers by locust, and what runs them."""
