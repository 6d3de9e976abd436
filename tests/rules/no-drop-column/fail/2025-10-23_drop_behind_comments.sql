ALTER /* one */ TABLE -- two
    company.master
    -- DROP COLUMN three
    DROP /* four */ COLUMN fax; -- expect: no-drop-column
