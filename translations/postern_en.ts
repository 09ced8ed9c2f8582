<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_GB">
<context>
    <name>DestinationCheck</name>
    <message>
        <source>This folder does not exist. Choose another one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing can be written into this folder. Choose another one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 are missing on this disk. Free some space or choose another folder.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DisplayText</name>
    <message>
        <source>%1/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>more than a day</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n file(s)</source>
        <translation>
            <numerusform>%n file</numerusform>
            <numerusform>%n files</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n folder(s)</source>
        <translation>
            <numerusform>%n folder</numerusform>
            <numerusform>%n folders</numerusform>
        </translation>
    </message>
    <message>
        <source>Waiting for contact</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preparing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Offered</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sending</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Receiving</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stalled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Verifying</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delivered</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Received</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Declined</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Request sent, no answer yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wants to connect</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Blocked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Key changed: check it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Offline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Online, not receiving</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Online on %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>My devices</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signed out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connecting to %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Online as %1 on %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reconnecting to %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reconnecting: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 refused to sign in this device</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%1 and %n more</source>
        <translation>
            <numerusform>%1 and %n more</numerusform>
            <numerusform>%1 and %n more</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 and %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%1, %2 and %n more</source>
        <translation>
            <numerusform>%1, %2 and %n more</numerusform>
            <numerusform>%1, %2 and %n more</numerusform>
        </translation>
    </message>
    <message>
        <source>Queued</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resuming</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paused by you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paused by %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>you are asked each time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>always accepted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>accepted up to %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing is accepted</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TransferRow</name>
    <message>
        <source>%1 in %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Link</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>limit %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::AcceptPrompt</name>
    <message>
        <source>Files for you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>wants to send you files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>wants to send you files from “%1”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Show everything</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>and %n more</numerusform>
            <numerusform>and %n more</numerusform>
        </translation>
    </message>
    <message>
        <source>C&amp;hange…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save into</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Decline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Accept</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n more offer(s) waiting</source>
        <translation>
            <numerusform>%n more offer waiting</numerusform>
            <numerusform>%n more offers waiting</numerusform>
        </translation>
    </message>
    <message>
        <source>&amp;Show less</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking at the folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 free there</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A text for you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Always accept from %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>wants to send you a text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>wants to send you a text from “%1”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Everything in this offer; untick what you don&apos;t want</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 are missing on this disk. Free some space, choose another folder or leave something out.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::AccountFlow</name>
    <message>
        <source>Sign out on this device?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Transfers that are running stop. To sign in again you need your password.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Sign out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your keychain is locked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no keychain to keep this device&apos;s key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You can go on without it: the key is then kept in memory only, and you sign in with your password next time. Nothing is written to disk unprotected.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For this &amp;session only</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::AddContactDialog</name>
    <message>
        <source>Send &amp;request</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a contact</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter the name they use on %1. They are asked, and you can send each other files as soon as they accept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter a name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sending…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::App</name>
    <message numerus="yes">
        <source>Postern: %n transfer(s) running</source>
        <translation>
            <numerusform>Postern: %n transfer running</numerusform>
            <numerusform>Postern: %n transfers running</numerusform>
        </translation>
    </message>
    <message>
        <source>Postern</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::ContactDelegate</name>
    <message>
        <source>Accept the request</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Refuse the request</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::ContactFlow</name>
    <message>
        <source>Remove %1?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You no longer see when they are online, and neither of you can send the other anything.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Block %1?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>They are removed, and no request or offer of theirs reaches you. They are not told.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Block</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign out %1?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>That device can no longer send or receive for you until someone signs in there with your password.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Sign out</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::ContactList</name>
    <message>
        <source>Contacts</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::ContactModel</name>
    <message>
        <source>%1, %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::ContactPage</name>
    <message>
        <source>Send &amp;files…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send files (Ctrl+O)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send f&amp;older…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send a folder (Ctrl+Shift+O)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Safety number</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More about this contact</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>C&amp;lear finished</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Transfers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drop to send to %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 wants to be your contact. Accept only people you know.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Accept</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Refuse</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You blocked %1. Nothing is sent or received, and no request reaches you.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Unblock</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The key of %1 has changed. Nothing is sent or received until you decide whether it is really them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Decide…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 uses a new device.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Look at it…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nobody is online right now. Choose a contact to send something that waits for them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a contact to see what you sent each other.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign in on another computer with this account to send files to yourself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You can send files as soon as %1 accepts your request.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Files can be sent once the question above is answered.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is offline. What you send now waits until they are back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send files…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drop files or folders here to send them to %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send files to &amp;device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (offline)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Remove contact…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Block…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What you send and receive will be listed here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send a text or link (Ctrl+T)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What you send now goes to %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send to se&amp;veral…	Ctrl+Shift+S</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When they &amp;send something…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;History with them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign &amp;out a device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Safety &amp;number…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::DbusNotifier</name>
    <message>
        <source>Show</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Accept</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Decline</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::DesktopNotifier</name>
    <message>
        <source>%1 wants to send you files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delivered to %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Received from %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A text from %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 declined</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not delivered to %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not received from %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 wants to send you a text</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n transfer(s) ended</source>
        <translation>
            <numerusform>%n transfer ended</numerusform>
            <numerusform>%n transfers ended</numerusform>
        </translation>
    </message>
    <message>
        <source>All went well</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n did not go well</source>
        <translation>
            <numerusform>%n did not go well</numerusform>
            <numerusform>%n did not go well</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>postern::gui::HistoryDelegate</name>
    <message>
        <source>Open the folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove from the history (Del)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::HistoryDialog</name>
    <message>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Result</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, device “%2”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Begun</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ended</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Average speed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Way</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Remove from the history…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>C&amp;lose</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Open the folder</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::HistoryFilesModel</name>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hash</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::HistoryFlow</name>
    <message>
        <source>Clear the whole history?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove %1 from the history?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is forgotten on this computer. Files that were sent or received stay where they are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear &amp;all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export the history</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Table (*.csv)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>JSON lines (*.jsonl)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The history was written to %1.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::HistoryModel</name>
    <message>
        <source>%1 (%2 by relay)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Link</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::HistoryPage</name>
    <message>
        <source>History</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back (Esc)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find a name, a file or a text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find in the history</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Export…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Clear all…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Details	Return</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Open the folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Remove from the history…	Del</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was sent or received yet. What you send and receive will be listed here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing that was sent or received has these words.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::HomePage</name>
    <message>
        <source>Add a contact (Ctrl+N)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings (Ctrl+,)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Postern</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add someone by name to send each other files.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a contact</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n offer(s) wait for your answer.</source>
        <translation>
            <numerusform>%n offer waits for your answer.</numerusform>
            <numerusform>%n offers wait for your answer.</numerusform>
        </translation>
    </message>
    <message>
        <source>Re&amp;view</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>History (Ctrl+H)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::LimitDialog</name>
    <message>
        <source>Limit the speed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;At most</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Highest speed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;No limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Set the limit</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::MainWindow</name>
    <message>
        <source>Postern</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seen as %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save received files into</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Quit while %n transfer(s) run?</source>
        <translation>
            <numerusform>Quit while a transfer runs?</numerusform>
            <numerusform>Quit while %n transfers run?</numerusform>
        </translation>
    </message>
    <message>
        <source>They stop now. What can be resumed goes on later from where it was.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Keep running</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::MessageStrip</name>
    <message>
        <source>Close this message</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::OfferTreeModel</name>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::PasswordField</name>
    <message>
        <source>Hide the password (Ctrl+E)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the password (Ctrl+E)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::RateField</name>
    <message>
        <source>no limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> MB/s</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::RecipientsDialog</name>
    <message>
        <source>Send to</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find a contact</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Contacts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (offline: sent later)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>&amp;Send to %n contact(s)</source>
        <translation>
            <numerusform>&amp;Send to %n contact</numerusform>
            <numerusform>&amp;Send to %n contacts</numerusform>
        </translation>
    </message>
    <message>
        <source>&amp;Send</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::RuleDialog</name>
    <message>
        <source>As in &amp;Settings: accept from all contacts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As in &amp;Settings: ask me each time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As in &amp;Settings: receive nothing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When they send something</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sa&amp;ve</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> MB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Largest size accepted without asking</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Ask me each time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Accept a&amp;lways</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Accept &amp;up to</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>and ask about more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Accept &amp;nothing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>C&amp;hange…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Usual &amp;folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save into</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::SafetyNumberDialog</name>
    <message>
        <source>Safety number</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Safety number with %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The key of the device %1 is not the one Postern remembers. That happens when Postern was installed anew there, and also when someone stands between you.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 signed in on a device that you have not met yet: %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compare these digits with the ones %1 sees, over the telephone or side by side. If they are the same, nobody stands between you.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copied</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Trust the new key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Trust this device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Keep blocked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not &amp;now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You verified this contact.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>They are the &amp;same</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::SendFlow</name>
    <message>
        <source>Send a folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The clipboard holds no files and no text. Copy some first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is nobody to send to yet. Add a contact first.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::SendTextDialog</name>
    <message>
        <source>&amp;Send</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send a text or link</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text or link</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write or paste a text or a link</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Too long by %1: send it as a file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ctrl+Return sends</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::SettingsPage</name>
    <message>
        <source>Back (Esc)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Account</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Device name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign &amp;out…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signed in as</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Device name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What your contacts see. A new name is used from the next start.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Receiving</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>C&amp;hange…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When a contact sends something</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ask me each time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Accept from all contacts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Receive nothing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save into</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;When files come</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>any free one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Port</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Test now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not tested yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Port</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>TCP and UDP; another is taken if it is in use. Changes count from the next start.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Testing…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As the system</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Keep running in the tray when the window is closed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>TCP: %1, %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>address unknown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>UDP: blocked on this network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>UDP: %1, %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Listening on port %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From outside</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>reachable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not reachable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sending, at most</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Receiving, at most</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lea&amp;ve room for others on the line</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Transfers slow down when calls, games or pages would have to wait because of them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sen&amp;ding</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Re&amp;ceiving</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At most so much for all transfers together; 0 for no limit.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Others</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ask the &amp;router to pass the port on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>By UPnP, NAT-PMP or PCP; it is taken back when Postern ends.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Router</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kind of network: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The router passes on %1 (%2)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::StatusLine</name>
    <message>
        <source>Sign &amp;in again</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::TextDialog</name>
    <message>
        <source>Link</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>C&amp;lose</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leads to %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Open in the browser</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::TransferDelegate</name>
    <message>
        <source>Show the text (Return)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the text (Ctrl+C)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the folder (Return)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send again (Ctrl+R)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send earlier (Ctrl+Up)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send later (Ctrl+Down)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause (Space)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume (Space)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel (Del)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove from the list (Del)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::TransferFlow</name>
    <message>
        <source>To %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::TransferList</name>
    <message>
        <source>Transfers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Show the text	Return</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>C&amp;opy the text	Ctrl+C</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Open the folder	Return</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Pause	Space</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Resume	Space</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send &amp;again	Ctrl+R</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send &amp;earlier	Ctrl+Up</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send &amp;later	Ctrl+Down</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>L&amp;imit the speed…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Cancel the transfer	Del</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove from the &amp;list	Del</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the &amp;details</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::TransferModel</name>
    <message>
        <source>Will be sent when another device of yours is online</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Will be sent when %1 is online</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n other(s) go first</source>
        <translation>
            <numerusform>%n other goes first</numerusform>
            <numerusform>%n others go first</numerusform>
        </translation>
    </message>
    <message>
        <source>Next in line</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::Tray</name>
    <message>
        <source>&amp;Open Postern</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Postern</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>postern::gui::WelcomePage</name>
    <message>
        <source>Postern</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Welcome to Postern</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send files straight from your computer to theirs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;New account</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>I &amp;have one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>N&amp;ame</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Password</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Invite code (if you were given one)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>host:port, as your server prints it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>what others will call you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Creating your account…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Create account</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signing in…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign &amp;in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter the address of your server.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter a name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a password.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter your password.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
