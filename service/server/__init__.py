"""Run the application under uvicorn: listening, timeouts, limits for headers and connections, workers, shutdown.

uvicorn has a timeout for idle connections only, no limit for headers with httptools, and stops listening before it accepts the
connections that the kernel has queued. So this package subclasses its server, its worker process and its HTTP protocol. No other
package may use private names of uvicorn; tests/server/test_uvicorn_contract.py lists each name that is used here.
"""
