using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KvStore.Specs.Support;

namespace KvStore.Specs.Deploy.Compose;

/// <summary>Real nodes behind the compose file's proxy, which has their addresses and one of its own and is else as it is.</summary>
public sealed class ProxySpecs
{
    [SkippableFact]
    public async Task Keys_and_values_pass_the_proxy_as_they_are()
    {
        await using var nodes = await StartAsync(1);
        using var client = new HttpClient { BaseAddress = nodes.Proxy };

        using (var put = await client.PutAsync(new Uri("/kv/a%2Fb", UriKind.Relative), new StringContent("1")))
        {
            Assert.Equal("""{"key":"a/b","value":1,"version":1}""", await put.Content.ReadAsStringAsync());
        }

        Assert.Equal("""{"key":"a/b","value":1,"version":1}""", await client.GetStringAsync(new Uri("/kv/a/b", UriKind.Relative)));
        using var other = await client.GetAsync(new Uri("/kv/a%252Fb", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        using var large = await client.PutAsync(new Uri("/kv/large", UriKind.Relative), new StringContent($"\"{new string('x', 1_000_000)}\""));
        Assert.Equal(HttpStatusCode.OK, large.StatusCode);
        Assert.Equal("{\"key\":\"a/b\",\"node\":\"node1\"}\n", await client.GetStringAsync(new Uri("/kv?prefix=a", UriKind.Relative)));
    }

    private static async Task<NodesBehindProxy> StartAsync(int count)
    {
        var haproxy = CommandLineTool.Require("haproxy");
        var nodes = new NodesBehindProxy(haproxy, count);
        try
        {
            await Task.WhenAll(nodes.All.Select(node => node.BecomesReadyAsync()));
            await Eventually.HoldsAsync(
                "the proxy asks all nodes in turn", TimeSpan.FromSeconds(30), cancel => nodes.AreAllAskedAsync(cancel), () => nodes.ProxyLog);
            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }

    private sealed class NodesBehindProxy : IAsyncDisposable
    {
        private readonly StorageUnderTest _storage = StorageUnderTest.Sqlite();
        private readonly TempDirectory _directory = new();
        private readonly ConcurrentQueue<string> _log = new();
        private readonly Process _haproxy;

        public NodesBehindProxy(string haproxy, int count)
        {
            ImmutableArray<int> clusterPorts = [.. Enumerable.Range(0, count).Select(_ => FreePorts.Next())];
            All = [.. clusterPorts.Select((port, i) => NodeProcess.Start(new(
                $"node{i + 1}", FreePorts.Next(), port, clusterPorts, _storage, ImmutableDictionary<string, string>.Empty)))];
            Proxy = new Uri($"http://127.0.0.1:{FreePorts.Next()}");
            File.WriteAllText(_directory.File("haproxy.cfg"), ConfigFor(All, Proxy.Port));
            _haproxy = Process.Start(new ProcessStartInfo(haproxy, ["-db", "-f", _directory.File("haproxy.cfg")])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            _haproxy.OutputDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
            _haproxy.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
            _haproxy.BeginOutputReadLine();
            _haproxy.BeginErrorReadLine();
        }

        public ImmutableArray<NodeProcess> All { get; }

        public Uri Proxy { get; }

        public string ProxyLog => string.Join('\n', _log.TakeLast(50));

        public async Task<bool> AreAllAskedAsync(CancellationToken cancel)
        {
            using var client = new HttpClient { BaseAddress = Proxy };
            var found = new HashSet<string?>();
            for (var i = 0; i < All.Length * 2; i++)
            {
                using var answer = await client.GetAsync(new Uri("/cluster", UriKind.Relative), cancel);
                if (!answer.IsSuccessStatusCode)
                {
                    return false;
                }

                var document = await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
                found.Add(document.GetProperty("node").GetProperty("name").GetString());
            }

            return found.Count == All.Length;
        }

        public async ValueTask DisposeAsync()
        {
            _haproxy.Kill();
            _haproxy.Dispose();
            foreach (var node in All)
            {
                await node.DisposeAsync();
            }

            _storage.Dispose();
            _directory.Dispose();
        }

        private static string ConfigFor(ImmutableArray<NodeProcess> nodes, int port)
        {
            var config = File.ReadAllText(RepositoryRoot.File("deploy/compose/haproxy.cfg"))
                .Replace("bind :8080", $"bind 127.0.0.1:{port}", StringComparison.Ordinal);
            return string.Join('\n', config.Split('\n').Select(line =>
                !line.TrimStart().StartsWith("server ", StringComparison.Ordinal) ? line
                : nodes.SingleOrDefault(node => line.Contains($" {node.Name} ", StringComparison.Ordinal)) is { } node
                    ? $"    server {node.Name} 127.0.0.1:{node.Settings.HttpPort}"
                    : ""));
        }
    }
}
