/* nothing
   to do */
-- yet
