"""What every process needs: settings, logs, metrics, problem+json, planes, start and stop."""
