using KvStore.Bench.Data;
using KvStore.Bench.Support;

namespace KvStore.Bench.Peers;

/// <summary>The bare endpoint is a measure only as long as it answers what KvStore answers: the same headers, the same bytes.</summary>
internal static class SameAnswer
{
    private const string VersionMember = "\"version\":";

    /// <exception cref="BenchException">It does not.</exception>
    public static async Task DemandAsync(Peer bare, Peer kvStore, CancellationToken cancel)
    {
        var (one, other) = (await AnswerAsync(bare, cancel), await AnswerAsync(kvStore, cancel));
        if (one != other)
        {
            throw new BenchException($"{bare.Plan.Title} answers\n{one}\nand {kvStore.Plan.Title}\n{other}");
        }
    }

    /// <summary>Names of headers, and the body up to the version, which rises.</summary>
    private static async Task<string> AnswerAsync(Peer peer, CancellationToken cancel)
    {
        using var http = Answers.Client(peer.Plan.IsHttp2);
        using var response = await http.GetAsync(new Uri(peer.Addresses[0], $"/kv/{BenchKeys.Of(0)}"), cancel);
        var names = response.Headers.Concat(response.Content.Headers).Select(header => header.Key).Order(StringComparer.OrdinalIgnoreCase);
        var body = await response.Content.ReadAsStringAsync(cancel);
        var end = body.IndexOf(VersionMember, StringComparison.Ordinal);
        return $"{(int)response.StatusCode} {string.Join(", ", names)}\n{(end < 0 ? body : body[..end])}";
    }
}
