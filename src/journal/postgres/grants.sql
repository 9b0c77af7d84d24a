GRANT USAGE ON SCHEMA wxcast TO wxcast_worker;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA wxcast TO wxcast_worker;
GRANT DELETE ON wxcast.meta TO wxcast_worker;
