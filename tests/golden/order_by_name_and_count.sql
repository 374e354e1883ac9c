SELECT (SELECT concat('{"nodes":[', ifnull(group_concat(concat('{"slug":"', ifnull(p1."slug", ''), '"}'), ','), ''), ']}')
  FROM (SELECT t1."slug" AS "slug" FROM entity t1 WHERE t1._kind = 'Framework' ORDER BY t1."name_key" DESC, t1."slug" LIMIT :v0) p1),
  (SELECT concat('{"nodes":[', ifnull(group_concat(concat('{"slug":"', ifnull(p2."slug", ''), '","usedBy":', (SELECT concat('{"totalCount":', ifnull((SELECT count(*) FROM "company_uses" r2 WHERE r2.object = p2._pk AND r2.stance < 2), 0), '}')), '}'), ','), ''), ']}')
  FROM (SELECT t2."slug" AS "slug", t2._pk AS _pk FROM entity t2 WHERE t2._kind = 'Framework' ORDER BY (SELECT count(*) FROM "company_uses" r1 WHERE r1.object = t2._pk AND r1.stance < 2) DESC, t2."name_key", t2."slug" LIMIT :v1) p2),
  (SELECT concat('{"nodes":[', ifnull(group_concat(concat('{"slug":"', ifnull(p4."slug", ''), '","published":', json_quote(p4."published"), '}'), ','), ''), ']}')
  FROM (SELECT t4."slug" AS "slug", t4."published" AS "published" FROM entity t4 WHERE t4._kind = 'Source' ORDER BY ifnull(t4."published", '~'), t4."slug" LIMIT :v3) p4)
