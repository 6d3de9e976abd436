COMMENT ON TABLE company.log IS 'Größe, Łódź, İstanbul, Ñandú, Ærø: 25 µm ± 2 %';
