using System.Text.Json;

namespace KvStore.Specs.Support;

/// <summary>A member of the cluster as a node's <c>/cluster</c> shows it.</summary>
/// <param name="Name">Null until the node has read it from the store.</param>
/// <param name="IsUp">Up, and the node reaches it.</param>
internal sealed record ShownMember(string? Name, string Address, bool IsUp)
{
    /// <summary>The oldest one, whose node is the shard coordinator's, comes first. None where the node gives no answer within 5 s.</summary>
    public static async Task<IReadOnlyList<ShownMember>> ReadAsync(NodeProcess node, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            using var document = JsonDocument.Parse(await node.Http.GetStringAsync("/cluster", patience.Token));
            return
            [
                .. document.RootElement.GetProperty("members").EnumerateArray().Select(member => new ShownMember(
                    member.GetProperty("name").GetString(),
                    member.GetProperty("address").GetString()!,
                    member.GetProperty("status").GetString() == "Up" && member.GetProperty("reachable").GetBoolean())),
            ];
        }
        catch (Exception fault) when (BrokenConnection.Is(fault))
        {
            return [];
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return [];
        }
    }
}
