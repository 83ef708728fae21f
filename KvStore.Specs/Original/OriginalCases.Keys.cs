using System.Collections.Concurrent;
using System.Net;
using KvStore.Messages.Keys;
using KvStore.Specs.Messages;

namespace KvStore.Specs.Original;

public abstract partial class OriginalCases
{
    private const string PoisonKey = "3Enh2biv)i";

    [SkippableFact]
    public async Task The_listing_names_each_key_once_in_order_with_its_node()
    {
        var prefix = Own("listed/");
        string[] keys =
        [
            .. Enumerable.Range(0, 300).Select(i => $"{prefix}{i}"), prefix + "\u00E9", prefix + "\uFFFD", prefix + "\U0001F511",
        ];
        await Task.WhenAll(keys.Select(key => _client.PutAsync(key, "1"))).WaitAsync(Patience);

        foreach (var node in nodes)
        {
            var lines = await _client.ListAsync(prefix, node);

            Assert.Equal(InOrder(keys), lines.Select(line => line.Key));
            Assert.All(lines, line => Assert.Contains(line.Node, names));

            var all = (await _client.ListAsync(node: node)).Select(line => line.Key);
            Assert.Equal(InOrder(keys), all.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)));
        }
    }

    [SkippableFact]
    public async Task A_listing_of_no_keys_is_empty() => Assert.Empty(await _client.ListAsync(Own("nothing begins with this")));

    [SkippableFact]
    public async Task Every_answer_about_a_key_names_the_node_that_gave_it()
    {
        var key = Own("named");
        foreach (var node in nodes)
        {
            Answer[] answers =
            [
                await _client.GetAsync(key + node.Port, node),
                await _client.PutAsync(key, "1", node: node),
                await _client.PatchAsync(key, """{"a":1}""", node: node),
                await _client.GetAsync(key, node),
                await _client.PutAsync(key, "2", ifVersion: 1_000, node),
            ];

            HttpStatusCode[] expected =
                [HttpStatusCode.NotFound, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.Conflict];
            Assert.Equal(expected, answers.Select(answer => answer.Status));
            Assert.All(answers, answer => Assert.Contains(answer.Node, names));
        }
    }

    /// <summary>The stock extractor of Akka.NET 1.5.73 throws for this key, and its node loses all key actors.</summary>
    [SkippableFact]
    public async Task The_key_whose_hash_is_the_smallest_integer_is_a_key_like_any_other()
    {
        var neighbour = Own("neighbour");
        var beside = (await _client.PutAsync(neighbour, "1")).Version;

        // Not a key of this case alone, so its version counts on.
        var version = (await _client.PutAsync(PoisonKey, """{"a":1}""")).Version;
        foreach (var node in nodes)
        {
            Assert.Equal(++version, (await _client.PatchAsync(PoisonKey, """{"b":2}""", node: node)).Version);
            var read = (await _client.GetAsync(PoisonKey, node)).Entry;
            Assert.Equal((PoisonKey, version), (read.Key, read.Version));
            Assert.True(SameJson("""{"a":1,"b":2}""", read.Value), read.Value);
            Assert.Equal(++beside, (await _client.PutAsync(neighbour, "1", ifVersion: beside - 1, node)).Version);
        }
    }

    [SkippableFact]
    public async Task A_slash_and_an_escaped_slash_are_the_same()
    {
        var key = Own("a/b c%2F?#\u20AC");
        Assert.Equal(1, (await _client.PutAsync(key, "1")).Version);

        var plain = await _client.SendAsync(HttpMethod.Get, node: null, OriginalClient.PathOf(key, slashes: true), json: null);

        Assert.Equal((key, "1", 1), plain.Entry);
    }

    [SkippableFact]
    public async Task Ten_thousand_random_Unicode_keys_are_written_read_and_listed_exactly()
    {
        var random = new Random(Seeds.Next(output));
        var before = (await _client.ListAsync()).Select(line => line.Key).ToHashSet(StringComparer.Ordinal);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        while (values.Count < 10_000)
        {
            var key = RandomKeys.Next(random).Text;
            if (!before.Contains(key))
            {
                values[key] = $"{values.Count}";
            }
        }

        var wrong = new ConcurrentBag<string>();
        await ForEachAsync(values, async entry =>
        {
            var written = await _client.PutAsync(entry.Key, entry.Value);
            if (written.Status != HttpStatusCode.OK || written.Entry != (entry.Key, entry.Value, 1))
            {
                wrong.Add($"PUT {OriginalClient.PathOf(entry.Key)}: {(int)written.Status} {written.Body}");
            }
        });
        await ForEachAsync(values, async entry =>
        {
            var path = OriginalClient.PathOf(entry.Key, slashes: entry.Key.Length % 2 == 0);
            var read = await _client.SendAsync(HttpMethod.Get, node: null, path, json: null);
            if (read.Status != HttpStatusCode.OK || read.Entry != (entry.Key, entry.Value, 1))
            {
                wrong.Add($"GET {path}: {(int)read.Status} {read.Body}");
            }
        });

        Assert.True(wrong.IsEmpty, $"{wrong.Count} went wrong, such as\n{string.Join('\n', wrong.Take(10))}");
        var expected = InOrder(values.Keys.Concat(before));
        foreach (var node in nodes)
        {
            Assert.Equal(expected, (await _client.ListAsync(node: node)).Select(line => line.Key));
        }
    }

    private static string[] InOrder(IEnumerable<string> keys) =>
        [.. keys.Order(Comparer<string>.Create((left, right) => Key.CompareUtf8(left, right)))];

    private static async Task ForEachAsync<T>(IEnumerable<T> items, Func<T, Task> action)
    {
        using var patience = new CancellationTokenSource(Patience);
        var options = new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = patience.Token };
        await Parallel.ForEachAsync(items, options, async (item, _) => await action(item));
    }
}
