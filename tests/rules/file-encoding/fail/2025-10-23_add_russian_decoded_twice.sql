SELECT 'ÐŸÑ€Ð¸Ð²ÐµÑ‚'; -- expect: file-encoding
