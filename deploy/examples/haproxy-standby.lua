-- lua.standby(ZONE) is true while sitens says standby. Copy to /etc/haproxy/; see haproxy-site.conf.
core.register_fetches("standby", function(_, zone)
    local file = io.open("/run/sitens/" .. zone .. ".standby")
    if file then
        file:close()
    end
    return file ~= nil
end)
