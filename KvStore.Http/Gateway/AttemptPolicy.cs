namespace KvStore.Http.Gateway;

/// <summary>
/// When a request may be sent once more. Pure: time and chance come in as arguments.
/// <list type="bullet">
/// <item>After a refusal anything may: nothing happened, and nothing will.</item>
/// <item>After a time-out only a read may: the write may be on its way still, and would happen twice.</item>
/// </list>
/// </summary>
/// <param name="IsWrite">Whether the request changes anything.</param>
/// <param name="Total">The time that the request had when it came to the gateway.</param>
internal readonly record struct AttemptPolicy(bool IsWrite, TimeSpan Total)
{
    public static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(20);

    public static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// With less time than this an attempt is not begun. It would most likely run out, and so turn the certainty that
    /// nothing happened into an unknown outcome.
    /// </summary>
    public static readonly TimeSpan ShortestAttempt = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// The first wait of a read: a hundred times what it takes, and short enough that a reader does not notice a loss. Each
    /// wait that was in vain doubles it, so that a slow store gets no more than a handful of reads for one.
    /// </summary>
    public static readonly TimeSpan FirstReadLimit = TimeSpan.FromMilliseconds(400);

    /// <summary>
    /// How long one attempt may wait. A write waits for all the time that is left, since it has no second chance. A read waits
    /// for half of its time at the longest, so that an attempt that was lost on the way still leaves room for another.
    /// </summary>
    /// <param name="silences">Attempts before this one that got no answer.</param>
    public TimeSpan LimitOf(int silences, TimeSpan left)
    {
        if (IsWrite)
        {
            return left;
        }

        var limit = FirstReadLimit * (1 << Math.Min(silences, 10));
        limit = limit < Total / 2 ? limit : Total / 2;
        // What would be left after it, which may end a tick late, must be worth another attempt, or it gets that as well.
        return left - limit < ShortestAttempt + ReplyWaits.Tick ? left : limit;
    }

    /// <summary>How long to wait before the next attempt, or null where the refusal stands.</summary>
    /// <param name="refusals">How many there were by now, this one included.</param>
    /// <param name="chance">From 0 to below 1: callers that were refused together do not come back together.</param>
    public TimeSpan? DelayAfterRefusal(int refusals, TimeSpan left, double chance)
    {
        var doublings = Math.Min(refusals - 1, 10);
        var full = FirstDelay * (1 << doublings);
        var delay = (full < LongestDelay ? full : LongestDelay) * (0.5 + (chance / 2));
        return left - delay >= ShortestAttempt ? delay : null;
    }

    /// <summary>Whether a request that got no answer may be sent again.</summary>
    public bool MayResendAfterTimeout(TimeSpan left) => !IsWrite && left >= ShortestAttempt;
}
