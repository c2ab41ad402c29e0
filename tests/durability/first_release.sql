-- An installation of the first schema with data, for SQLite and PostgreSQL alike: hours of two meters over sixty days, one of them shared.
INSERT INTO org_unit (id, code, parent_id, name_zh, name_en, kind, position) VALUES (1, 'hq', NULL, '机关', 'Headquarters', 'organisation', 0);
INSERT INTO org_unit (id, code, parent_id, name_zh, name_en, kind, position) VALUES (2, 'fin', 1, '财政局', 'Finance', 'bureau', 1);
INSERT INTO place (id, code, parent_id, name_zh, name_en, kind, zone, country, office_from, office_to, area) VALUES (1, 'house', NULL, '主楼', 'House', 'building', 'Asia/Shanghai', 'CN', 480, 1080, NULL);
INSERT INTO unit_fact (id, unit_id, kind, value, valid_from, valid_to) VALUES (1, 2, 'head_count', 120000, 20089, NULL);
INSERT INTO meter (id, code, name_zh, name_en, resource, place_id, parent_id, purpose, assessed) VALUES (1, 'E-1', '总表', 'Main', 'electricity', 1, NULL, 'office', true);
INSERT INTO meter (id, code, name_zh, name_en, resource, place_id, parent_id, purpose, assessed) VALUES (2, 'E-2', '分表', 'Sub', 'electricity', 1, 1, 'office', true);
INSERT INTO register (id, meter_id, code, kind, measure, direction, tariff, counts, priority, multiplier_num, multiplier_den, digits, interval_seconds) VALUES (1, 1, '', 'interval', 'kWh', 'import', '', true, 10, 1, 1, 0, 3600);
INSERT INTO register (id, meter_id, code, kind, measure, direction, tariff, counts, priority, multiplier_num, multiplier_den, digits, interval_seconds) VALUES (2, 2, '', 'interval', 'kWh', 'import', '', true, 10, 1, 1, 0, 3600);
INSERT INTO meter_alias (id, alias, source_id, meter_id) VALUES (1, '总表', NULL, 1);
INSERT INTO meter_share (id, meter_id, unit_id, ppm, valid_from, valid_to) VALUES (1, 1, 1, 1000000, 20089, NULL);
INSERT INTO meter_share (id, meter_id, unit_id, ppm, valid_from, valid_to) VALUES (2, 2, 2, 600000, 20089, NULL);
INSERT INTO source (id, code, name_zh, name_en, kind, options, schedule, zone, late_after, catch_up, enabled, cursor, created_at) VALUES (1, 'power', '电', 'Power', 'tabular', '{"inbox": "", "profile": "campus-hourly"}', '', 'Asia/Shanghai', 0, 3600, true, '{}', 1735689600);
INSERT INTO document (id, source_id, sha256, name, size, kept_as, received_at) VALUES (1, 1, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'one.csv', 0, '', 1735689600);
INSERT INTO import_run (id, source_id, document_id, state, trigger, actor, started_at, finished_at, rows_read, rows_new, rows_changed, rows_same, rows_blank, rows_refused, first_at, last_at, chunks_done, detected, error_code, error_template, error_data) VALUES (1, 1, 1, 'done', 'schedule', 'system', 1735689600, 1735689601, 2881, 2880, 0, 0, 0, 1, 1735660800, 1740844800, 0, '{}', '', '', '{}');
INSERT INTO import_issue (id, run_id, severity, code, template, file, sheet, row_no, "column", value, data) VALUES (1, 1, 'refused', 'NOT_A_TIME', '', 'one.csv', '', 7, '', 'x', '{}');
-- 1735660800 is midnight of 1 January 2025 in Shanghai, day 20089
INSERT INTO reading (register_id, end_at, start_at, value, quality, run_id, row_no)
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1440)
  SELECT 1, 1735660800 + i * 3600, 1735660800 + (i - 1) * 3600, 5000000 + (i % 7) * 1000, 0, 1, i FROM n;
INSERT INTO reading (register_id, end_at, start_at, value, quality, run_id, row_no)
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1440)
  SELECT 2, 1735660800 + i * 3600, 1735660800 + (i - 1) * 3600, 2000000, 0, 1, 1440 + i FROM n;
INSERT INTO daily_consumption (meter_id, day, quantity, covered, estimated, off_hours, rule_version)
  SELECT register_id, 20089 + (start_at - 1735660800) / 86400, SUM(value), 86400, 0, 0, 1 FROM reading GROUP BY register_id, (start_at - 1735660800) / 86400;
INSERT INTO reading_revision (id, register_id, end_at, start_at, value, quality, run_id, row_no, replaced_by) VALUES (1, 1, 1735664400, 1735660800, 4000000, 0, 1, 1, 1);
INSERT INTO bill (register_id, end_at, amount, currency, invoice, run_id) VALUES (1, 1738339200, 123456, 'CNY', 'A-1', 1);
INSERT INTO job_run (id, job, due_period, due_at, state, attempt, not_before, owner, lease_until, fence, started_at, finished_at, rows, error) VALUES (1, 'import:power', '2025-01-01T02:00', 1735668000, 'succeeded', 1, NULL, 'h:1:x', NULL, 1, 1735668000, 1735668001, 2880, '');
INSERT INTO baseline (id, unit_id, resource, year, version, quantity, provisional, note, actor, created_at) VALUES (1, 2, 'electricity', 2024, 1, 900000000, false, '', 'wang', 1735689600);
INSERT INTO target (id, unit_id, resource, indicator, year, baseline_year, reduction, min_coverage, version, actor, created_at, withdrawn_at) VALUES (1, 2, 'electricity', 'total', 2025, 2024, 50000, 950000, 1, 'wang', 1735689600, NULL);
INSERT INTO report (id, kind, unit_id, period, language, version, data, sha256, html, actor, created_at, sent_at, sent_to) VALUES (1, 'monthly', 1, '2025-01', 'zh', 1, '{}', '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', '<p>', 'system', 1738339200, NULL, '[]');
INSERT INTO user_account (id, login, name, email, password_hash, language, disabled, failed, locked_until, created_at) VALUES (1, 'wang', '王', '', 'x', 'zh', false, 0, NULL, 1735689600);
INSERT INTO role_grant (id, user_id, unit_id, role) VALUES (1, 1, 1, 'admin');
INSERT INTO alert (id, rule, subject, opened_at, closed_at, data) VALUES (1, 'source_late', 'power', 1735689600, NULL, '{"last": 1735689600, "late_after": 3600}');
INSERT INTO audit_event (id, at, actor, action, subject, before, after) VALUES (1, 1735689600, 'wang', 'unit.put', 'unit:hq', NULL, '{"code": "hq"}');
INSERT INTO state (key, value) VALUES ('data_version', 42);
INSERT INTO state (key, value) VALUES ('installation', 1735689600)
