"""Run the application under uvicorn: listening, timeouts, connection limits, workers, shutdown."""
