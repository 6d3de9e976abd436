SELECT format('ALTER DATABASE %I SET timezone = %L', current_database(), 'UTC') \gexec
