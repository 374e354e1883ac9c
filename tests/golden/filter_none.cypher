CALL () { MATCH (t1:`Framework`) WHERE NOT (EXISTS { (t1)<-[:`COMPANY_USES`]-() }) WITH t1 ORDER BY t1.`slug` LIMIT $v0 RETURN collect([t1.`slug`]) AS x1 }
RETURN [[x1, COUNT { MATCH (t1:`Framework`) WHERE NOT (EXISTS { (t1)<-[:`COMPANY_USES`]-() }) }]] AS data
