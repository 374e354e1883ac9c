CALL () { MATCH (t1:`Framework`) WHERE NOT (EXISTS { (t1)<-[:`COMPANY_USES`]-() }) AND t1.`slug` IS NOT NULL WITH t1 ORDER BY t1.`slug` LIMIT $v0 WITH [t1.`slug`] AS row RETURN collect(row) AS x1 }
RETURN [[x1, COUNT { MATCH (t1:`Framework`) WHERE NOT (EXISTS { (t1)<-[:`COMPANY_USES`]-() }) RETURN t1 }]] AS data
