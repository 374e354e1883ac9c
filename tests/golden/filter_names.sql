SELECT (SELECT concat('{"nodes":[', ifnull(group_concat(concat('{"slug":"', ifnull(p1."slug", ''), '"}'), ','), ''), ']}')
  FROM (SELECT t1."slug" AS "slug" FROM entity t1 WHERE t1._kind = 'Framework' AND t1._pk IN (SELECT n1.entity FROM name n1 WHERE n1.kind = 'Framework' AND n1.key = :v0) ORDER BY t1."slug" LIMIT :v1) p1),
  (SELECT concat('{"nodes":[', ifnull(group_concat(concat('{"slug":"', ifnull(p2."slug", ''), '"}'), ','), ''), ']}')
  FROM (SELECT t2."slug" AS "slug" FROM entity t2 WHERE t2._kind = 'Framework' AND t2._pk IN (SELECT n2.entity FROM name n2 WHERE n2.kind = 'Framework' AND n2._pk IN (SELECT rowid FROM name_fts WHERE key GLOB '*' || replace(replace(replace(:v2, '[', '[[]'), '*', '[*]'), '?', '[?]') || '*')) ORDER BY t2."slug" LIMIT :v3) p2),
  (SELECT concat('{"nodes":[', ifnull(group_concat(concat('{"slug":"', ifnull(p3."slug", ''), '"}'), ','), ''), ']}')
  FROM (SELECT t3."slug" AS "slug" FROM entity t3 WHERE t3._kind = 'Company' AND t3._pk IN (SELECT n3.entity FROM name n3 WHERE n3.kind = 'Company' AND substr(n3.key, length(n3.key) - length(:v4) + 1) = :v4 AND length(n3.key) >= length(:v4)) ORDER BY t3."slug" LIMIT :v5) p3),
  (SELECT concat('{"nodes":[', ifnull(group_concat(concat('{"slug":"', ifnull(p4."slug", ''), '"}'), ','), ''), ']}')
  FROM (SELECT t4."slug" AS "slug" FROM entity t4 WHERE t4._kind = 'Company' AND t4._pk IN (SELECT n4.entity FROM name n4 WHERE n4.kind = 'Company' AND n4.key IN (SELECT value FROM json_each(:v6))) ORDER BY t4."slug" LIMIT :v7) p4),
  (SELECT concat('{"totalCount":', ifnull((SELECT count(*) FROM entity t5 WHERE t5._kind = 'Company' AND (NOT (t5._pk IN (SELECT n5.entity FROM name n5 WHERE n5.kind = 'Company' AND n5.key = :v8)) AND NOT (t5._pk IN (SELECT n6.entity FROM name n6 WHERE n6.kind = 'Company' AND n6.key IN (SELECT value FROM json_each(:v9)))))), 0), '}')),
  ifnull((SELECT concat('{"slug":"', ifnull(e1."slug", ''), '","aliases":', ifnull(e1."aliases", 'null'), '}') FROM entity e1 WHERE e1._pk = coalesce((SELECT _pk FROM entity WHERE _kind = 'Framework' AND "slug" = :v11), (SELECT entity FROM name WHERE kind = 'Framework' AND key = :v11 AND alias = 1))), 'null'),
  (SELECT concat('{"nodes":[', ifnull(group_concat(concat('{"slug":"', ifnull(p6."slug", ''), '"}'), ','), ''), ']}')
  FROM (SELECT t6."slug" AS "slug" FROM entity t6 WHERE t6._kind = 'Source' AND t6."title" IS NULL ORDER BY t6."slug" LIMIT :v12) p6),
  (SELECT concat('{"totalCount":', ifnull((SELECT count(*) FROM entity t7 WHERE t7._kind = 'Source' AND t7."published" IS NULL), 0), '}')),
  (SELECT concat('{"nodes":[', ifnull(group_concat(concat('{"slug":"', ifnull(p8."slug", ''), '"}'), ','), ''), ']}')
  FROM (SELECT t8."slug" AS "slug" FROM entity t8 WHERE t8._kind = 'Source' AND (ifnull(t8."published" < :v14, 0) AND ifnull(t8."published" >= :v15, 0)) ORDER BY t8."slug" LIMIT :v16) p8)
