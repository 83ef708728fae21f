using System.Net;
using System.Net.Sockets;
using System.Text;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Traffic;

public sealed class ClientTrafficSpecs
{
    [Theory]
    [InlineData(nameof(OperationKind.Put))]
    [InlineData(nameof(OperationKind.Patch))]
    [InlineData(nameof(OperationKind.Delete))]
    public async Task A_write_whose_kept_connection_breaks_is_never_sent_again(string kind)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var seen = AnswerOnceThenCloseAsync(listener, over.Token);
        using var client = new TrafficClient(0, TimeSpan.FromSeconds(5));
        var node = new Uri($"http://{listener.LocalEndpoint}");
        var history = new RunHistory();

        await client.AskAsync(Draft(OperationKind.Get), node, history);
        var write = await client.AskAsync(Draft(Enum.Parse<OperationKind>(kind)) with { Sent = kind == "Delete" ? null : "1" }, node, history);
        await over.CancelAsync();

        Assert.Equal(Outcome.Unknown, write.Outcome);
        Assert.Single(await seen, request => request.StartsWith(kind, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_write_to_a_port_that_nobody_listens_on_is_not_applied()
    {
        using var client = new TrafficClient(0, TimeSpan.FromSeconds(5));
        var write = Draft(OperationKind.Put) with { Sent = "1" };

        var seen = await client.AskAsync(write, new Uri($"http://127.0.0.1:{FreePorts.Next()}"), new RunHistory());

        Assert.Equal(Outcome.NotApplied, seen.Outcome);
    }

    [Fact]
    public async Task Requests_go_out_when_they_are_due_also_where_nobody_answers_and_what_is_too_many_is_counted()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var history = new RunHistory();
        var patience = TimeSpan.FromSeconds(2);
        var plan = new TrafficPlan { Rate = 400, MaxInFlight = 100, ClientTimeout = patience, PatientTimeout = patience };

        await using var traffic = ClientTraffic.Start(plan, [("silent", new Uri($"http://{silent.LocalEndpoint}"))], history);
        await Eventually.HoldsAsync("100 are under way and others are missed", TimeSpan.FromSeconds(20), () => traffic.Missed > 20);
        await traffic.StopAsync();

        Assert.InRange(traffic.Sent, 100, long.MaxValue);
        Assert.Equal(traffic.Sent, history.Operations.Count);
        Assert.All(history.Operations, operation =>
        {
            Assert.Equal(operation.IsWrite ? Outcome.Unknown : Outcome.NotApplied, operation.Outcome);
            Assert.InRange(operation.End - operation.Start, 1_900_000, long.MaxValue);
        });
    }

    private static Operation Draft(OperationKind kind) => new()
    {
        Client = 0,
        Asked = "n",
        Kind = kind,
        Key = "k",
        Start = 0,
        End = 0,
        Outcome = Outcome.Forbidden,
    };

    /// <summary>A server that answers the first request of each connection, reads the second one, and closes.</summary>
    private static async Task<List<string>> AnswerOnceThenCloseAsync(TcpListener listener, CancellationToken cancel)
    {
        var requests = new List<string>();
        try
        {
            while (true)
            {
                using var socket = await listener.AcceptSocketAsync(cancel);
                requests.Add(await ReceiveAsync(socket, cancel));
                await socket.SendAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), cancel);
                requests.Add(await ReceiveAsync(socket, cancel));
            }
        }
        catch (OperationCanceledException)
        {
            return requests;
        }
    }

    private static async Task<string> ReceiveAsync(Socket socket, CancellationToken cancel)
    {
        var buffer = new byte[16 * 1024];
        return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, cancel));
    }
}
