-- Requests for wrk. What stands before this in the script that wrk gets is the table "bench": dialect, operation, keys, stride,
-- value, addresses, seed, order, first, run. A string put together by hand costs wrk a third of what wrk.format does.

local threads = {}

-- One thread for each server: a thread's connections all go to one address.
function setup(thread)
  local address = bench.addresses[#threads % #bench.addresses + 1]
  thread.addr = wrk.lookup(address[1], address[2])[1]
  thread:set("number", #threads)
  thread:set("conflicts", 0)
  threads[#threads + 1] = thread
end

local head = " HTTP/1.1\r\nHost: localhost\r\n"
local json = "Content-Type: application/json\r\n"

local function with_body(line, body, more)
  return line .. head .. json .. (more or "") .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local digits = {}
for i = 0, 63 do digits[i] = alphabet:sub(i + 1, i + 1) end

local function base64(text)
  local out = {}
  local floor = math.floor
  for i = 1, #text, 3 do
    local a, b, c = text:byte(i, i + 2)
    local bits = a * 65536 + (b or 0) * 256 + (c or 0)
    out[#out + 1] = digits[floor(bits / 262144)]
    out[#out + 1] = digits[floor(bits / 4096) % 64]
    out[#out + 1] = b and digits[floor(bits / 64) % 64] or "="
    out[#out + 1] = c and digits[bits % 64] or "="
  end
  return table.concat(out)
end

local dialects = {}

do
  local put_tail = with_body("", bench.value)
  local patch_tail = with_body("", bench.value)
  dialects.kvstore = {
    get = function(key) return "GET /kv/" .. key .. head .. "\r\n" end,
    put = function(key) return "PUT /kv/" .. key .. put_tail end,
    patch = function(key) return "PATCH /kv/" .. key .. patch_tail end,
    guarded = function(key, version)
      return with_body("PUT /kv/" .. key, bench.value, "If-Match: \"" .. version .. "\"\r\n")
    end,
  }
  dialects.webdis = {
    get = function(key) return "GET /GET/" .. key .. head .. "\r\n" end,
    put = function(key) return "PUT /SET/" .. key .. put_tail end,
  }
  local value = base64(bench.value)
  dialects.etcd = {
    get = function(key) return with_body("POST /v3/kv/range", '{"key":"' .. base64(key) .. '"}') end,
    put = function(key) return with_body("POST /v3/kv/put", '{"key":"' .. base64(key) .. '","value":"' .. value .. '"}') end,
  }
end

local dialect = dialects[bench.dialect]
local format, random = string.format, math.random
local sent = 0

local function name(index) return format("k%08d", index * bench.stride) end

-- In order, every thread in a stretch of its own: for a warm-up that touches every key.
local function next_in_order()
  local stretch = math.ceil(bench.keys / #bench.addresses)
  local index = (number * stretch + (bench.first + sent) % stretch) % bench.keys
  sent = sent + 1
  return name(index)
end

local function next_at_random() return name(random(0, bench.keys - 1)) end

local next_key = bench.order == "sequence" and next_in_order or next_at_random
local operations = {}

function operations.get() return dialect.get(next_key()) end

function operations.put() return dialect.put(next_key()) end

function operations.patch() return dialect.patch(next_key()) end

function operations.create()
  sent = sent + 1
  return dialect.put(bench.run .. "-" .. number .. "-" .. sent)
end

function operations.mix() return random() < 0.9 and dialect.get(next_key()) or dialect.put(next_key()) end

-- A loop of read, compute, write if nobody was faster; what a refusal says about the version saves the read.
local versions = {}

function operations.increment()
  local key = next_key()
  return dialect.guarded(key, versions[key] or 1)
end

local function learn(status, _, body)
  local key = body:match('"key":"([^"]+)"')
  local version = status == 412 and body:match('"currentVersion":(%d+)') or body:match('"version":(%d+)')
  if key and version then versions[key] = version end
  if status == 412 or status == 409 then conflicts = conflicts + 1 end
end

function init()
  math.randomseed(bench.seed + number)
  request = operations[bench.operation]
  -- One key and one operation: one request.
  if bench.keys == 1 and (bench.operation == "get" or bench.operation == "put") then
    local constant = request()
    request = function() return constant end
  end
  if bench.operation == "increment" then response = learn end
end

function done(summary, latency)
  local refused = 0
  for _, thread in ipairs(threads) do refused = refused + thread:get("conflicts") end
  local e = summary.errors
  io.write(format(
    '\nbench {"requests":%d,"microseconds":%d,"status":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d,"conflicts":%d,'
      .. '"p50":%d,"p90":%d,"p99":%d,"p999":%d,"max":%d}\n',
    summary.requests, summary.duration, e.status, e.connect, e.read, e.write, e.timeout, refused,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency:percentile(99.9), latency.max))
end
