-- What a worker on PostgreSQL sends for one entry, for pgbench.
BEGIN;
WITH claimed AS MATERIALIZED ( SELECT seq FROM gyre_queue.entries WHERE state = 'pending' AND operation = 'sql' AND priority >= 1 ORDER BY priority, seq LIMIT 1 FOR UPDATE SKIP LOCKED), gone AS ( DELETE FROM gyre_queue.entries e USING claimed c WHERE e.seq = c.seq RETURNING e.*), noted AS ( INSERT INTO gyre_queue.ledger (id, seq, operation, priority, content) SELECT DISTINCT ON (id) id, seq, operation, priority, content FROM gone ORDER BY id, priority, seq ON CONFLICT (id) DO NOTHING RETURNING seq) SELECT g.seq, g.id, g.operation, g.priority, g.content, g.unique_key, g.batch, g.attempts, n.seq IS NOT NULL AS is_new FROM gone g LEFT JOIN noted n ON n.seq = g.seq;
INSERT INTO gyre_bench VALUES (1);
COMMIT;
