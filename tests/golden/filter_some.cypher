CALL () { MATCH (t1:`Framework`) WHERE EXISTS { MATCH (t1)-[r1:`FRAMEWORK_HAS_FEATURE`]->(t2:`Feature`) WHERE t2.`slug` = $v0 } WITH t1 ORDER BY t1.`slug` LIMIT $v1 RETURN collect([t1.`slug`]) AS x1 }
RETURN [[x1, COUNT { MATCH (t1:`Framework`) WHERE EXISTS { MATCH (t1)-[r1:`FRAMEWORK_HAS_FEATURE`]->(t2:`Feature`) WHERE t2.`slug` = $v0 } }]] AS data
