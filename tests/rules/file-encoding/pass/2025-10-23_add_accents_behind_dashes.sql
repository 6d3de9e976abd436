SELECT '“été”—fin', 'là–bas', 'é”', 'Ö’s', '“Ü”—x', 'ß’';
