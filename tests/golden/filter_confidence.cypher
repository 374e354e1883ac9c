CALL () { MATCH (t1:`Framework`) WHERE EXISTS { MATCH (t1)-[r1:`FRAMEWORK_HAS_FEATURE`]->(t2:`Feature`) WHERE r1.confidence >= $v0 AND t2.`slug` = $v1 } WITH t1 ORDER BY t1.`slug` LIMIT $v2 RETURN collect([t1.`slug`]) AS x1 }
CALL () { MATCH (t3:`Framework`) WHERE EXISTS { MATCH (t3)-[r2:`FRAMEWORK_HAS_FEATURE`]->(t4:`Feature`) WHERE r2.confidence >= $v3 AND t4.`slug` = $v4 } WITH t3 ORDER BY t3.`slug` LIMIT $v5 RETURN collect([t3.`slug`]) AS x2 }
CALL () { MATCH (t5:`Framework`) WHERE EXISTS { MATCH (t5)-[r3:`FRAMEWORK_HAS_FEATURE`]->(t6:`Feature`) WHERE r3.confidence >= $v6 AND t6.`slug` = $v7 } WITH t5 ORDER BY t5.`slug` LIMIT $v8 RETURN collect([t5.`slug`]) AS x3 }
RETURN [[x1], [x2], [x3]] AS data
