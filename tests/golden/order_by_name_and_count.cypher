CALL () { MATCH (t1:`Framework`) WHERE t1.`name_key` IS NOT NULL AND t1.`slug` IS NOT NULL WITH t1 ORDER BY t1.`name_key` DESC, t1.`slug` LIMIT $v0 WITH [t1.`slug`] AS row RETURN collect(row) AS x1 }
CALL () { MATCH (t2:`Framework`) WHERE t2.`name_key` IS NOT NULL AND t2.`slug` IS NOT NULL WITH t2 ORDER BY COUNT { (t2)<-[:`COMPANY_USES`]-() } DESC, t2.`name_key`, t2.`slug` LIMIT $v1 WITH [t2.`slug`, [null, COUNT { (t2)<-[:`COMPANY_USES`]-() }]] AS row RETURN collect(row) AS x2 }
CALL () { MATCH (t4:`Source`) WHERE t4.`slug` IS NOT NULL WITH t4 ORDER BY coalesce(t4.`published`, '~'), t4.`slug` LIMIT $v3 WITH [t4.`slug`, t4.`published`] AS row RETURN collect(row) AS x3 }
RETURN [[x1], [x2], [x3]] AS data
