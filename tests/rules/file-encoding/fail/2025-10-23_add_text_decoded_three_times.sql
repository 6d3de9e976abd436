SELECT 'naÃƒÂ¯ve GrÃƒÂ¶ÃƒÅ¸e'; -- expect: file-encoding
