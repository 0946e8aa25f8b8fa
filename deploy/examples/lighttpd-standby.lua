-- Redirects while sitens says standby: the file is there then, and only then. dc1 must know the name
-- that it is sent users by. See lighttpd-site.conf.
local standby = lighty.c.stat("/run/sitens/get.example.org.standby")
if standby and lighty.r.req_attr["uri.path"] ~= "/healthz" then
    lighty.r.resp_header["Location"] = "http://get.dc1.example.org" .. lighty.r.req_attr["request.uri"]
    return 302
end
