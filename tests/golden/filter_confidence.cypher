CALL () { MATCH (x1:`Feature`) WHERE x1.slug = $v[1] UNWIND COLLECT { MATCH (t1)-[r1:`FRAMEWORK_HAS_FEATURE`]->(x1) WHERE r1.confidence >= $v0 WITH t1 ORDER BY t1.`slug` LIMIT $v2 RETURN t1 } AS t1 WITH [t1.`slug`] AS row RETURN collect(row) AS x3 }
CALL () { MATCH (x4:`Feature`) WHERE x4.slug = $v[4] UNWIND COLLECT { MATCH (t2)-[r3:`FRAMEWORK_HAS_FEATURE`]->(x4) WHERE r3.confidence >= $v3 WITH t2 ORDER BY t2.`slug` LIMIT $v5 RETURN t2 } AS t2 WITH [t2.`slug`] AS row RETURN collect(row) AS x6 }
CALL () { MATCH (x7:`Feature`) WHERE x7.slug = $v[7] UNWIND COLLECT { MATCH (t3)-[r5:`FRAMEWORK_HAS_FEATURE`]->(x7) WHERE r5.confidence >= $v6 WITH t3 ORDER BY t3.`slug` LIMIT $v8 RETURN t3 } AS t3 WITH [t3.`slug`] AS row RETURN collect(row) AS x9 }
RETURN [[x3], [x6], [x9]] AS data
