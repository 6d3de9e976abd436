ALTER TABLE company.slot ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON company.slot USING (tenant = current_user);
